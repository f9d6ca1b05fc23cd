// In Chromium as it comes.
import { forms } from './forms.js';

forms('etl');
