// With JavaScript: the form and the pages follow by themselves.
import { dayTwo } from './day-two.js';

dayTwo('day-two-live');
