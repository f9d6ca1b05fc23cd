// Without JavaScript: buttons and reloads do the same.
import { seeing } from '../seeing.js';

seeing('seeing-plain');
