/**
 * Preloaded by bootstrap.mjs into what it runs: descriptor 3 is a pipe whose other end the parent holds. Its close means that the
 * parent is gone without a word (SIGKILL); then this process ends as if it had been asked to.
 * Workers and forked children inherit the preload, not the pipe: they leave it alone.
 */
import { Socket } from 'node:net';
import { isMainThread } from 'node:worker_threads';

if (isMainThread && process.ppid === Number(process.env.PDE_PARENT_PID)) {
  delete process.env.PDE_PARENT_PID;
  const pipe = new Socket({ fd: 3, readable: true, writable: false });
  pipe.on('error', () => {});
  pipe.on('close', () => process.kill(process.pid, 'SIGTERM'));
  pipe.resume();
  pipe.unref();
}
