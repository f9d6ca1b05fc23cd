// Without JavaScript: buttons and reloads do the same.
import { living } from '../living.js';

living('living-plain');
