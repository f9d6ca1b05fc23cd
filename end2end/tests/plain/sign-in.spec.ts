// Without JavaScript.
import { signIn } from '../sign-in.js';

signIn();
