/** `1 file`, `3 files`. */
export function counted(count: number, one: string, more = `${one}s`): string {
  return `${count} ${count === 1 ? one : more}`;
}

const prefixes = ['', 'k', 'M', 'G', 'T', 'P'];

/** `512 B`, `1.5 MB`, `43.5 GB`: in powers of a thousand, never rounded to nothing. */
export function byteWords(bytes: number): string {
  let step = 0;
  let figure = bytes;
  while (figure >= 999.95 && step < prefixes.length - 1) {
    figure /= 1000;
    step++;
  }
  return `${step === 0 ? figure : figure.toFixed(1)} ${prefixes[step]}B`;
}
