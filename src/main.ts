import { systemClock } from './clock/system_clock.ts';
import { commandLoader } from './commands/command_loader.ts';
import type { CommandName } from './commands/command_table.ts';
import { runCommand } from './commands/run_command.ts';

const stopping = new AbortController();

/** Status of a process that was ended by a signal, as shells count it: 128 + SIGINT. */
const exitInterrupted = 130;

function onSignal(): void {
  // Whoever asks twice does not want to wait.
  if (stopping.signal.aborted) process.exit(exitInterrupted);
  stopping.abort();
}

// When nobody reads what is written any more (a pipe whose other end ended, a terminal that was closed), recording goes on.
for (const output of [process.stdout, process.stderr]) output.on('error', () => {});

process.on('SIGTERM', onSignal);
process.on('SIGINT', onSignal);

// Timers of the clock do not keep the process alive, but a command that waits for one must not be ended by that.
const alive = new MessageChannel();
alive.port1.ref();

const exitCode = await runCommand(
  process.argv.slice(2),
  {
    environment: process.env,
    workingDir: process.cwd(),
    clock: systemClock,
    stdout: process.stdout,
    stderr: process.stderr,
    signal: stopping.signal,
  },
  (line) => commandLoader[line.command.name as CommandName](),
);

// A pipe takes what was written later than a terminal does: leave only when it has.
process.stdout.write('', () => process.exit(exitCode));
