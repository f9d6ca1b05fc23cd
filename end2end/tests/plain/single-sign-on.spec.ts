// Without JavaScript.
import { singleSignOn } from '../single-sign-on.js';

singleSignOn();
