// With JavaScript: the pages follow by themselves.
import { seeing } from './seeing.js';

seeing('seeing-live');
