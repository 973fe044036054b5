/** Entry of the delivery worker: heavy reads happen here, so that they never delay the main thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { DeliveryJobs } from './delivery_jobs.ts';
import type { ToWorker, WorkerSettings } from './messages.ts';

const port = parentPort;
if (!port) throw new Error('delivery_worker.ts runs as a worker thread only');
const jobs = new DeliveryJobs(workerData as WorkerSettings, (message, transfer) =>
  port.postMessage(message, transfer),
);
port.on('message', (message: ToWorker) => void jobs.handle(message));
