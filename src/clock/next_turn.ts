/** Lets the thread see to what has arrived meanwhile, before long work goes on. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
