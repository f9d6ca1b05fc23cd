// With JavaScript: the pages follow by themselves.
import { living } from './living.js';

living('living-live');
