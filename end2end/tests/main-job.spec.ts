// With JavaScript: pages follow what happens by themselves.
import { mainJob } from './main-job.js';

mainJob('orders-live');
