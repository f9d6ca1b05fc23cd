// Without JavaScript.
import { forms } from '../forms.js';

forms('etl-plain');
