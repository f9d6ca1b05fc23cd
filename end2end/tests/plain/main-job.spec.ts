// Without JavaScript: everything can still be done.
import { mainJob } from '../main-job.js';

mainJob('orders-plain');
