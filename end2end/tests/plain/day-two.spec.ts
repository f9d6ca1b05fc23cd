// Without JavaScript: buttons and reloads do the same.
import { dayTwo } from '../day-two.js';

dayTwo('day-two-plain');
