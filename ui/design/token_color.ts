/** The colour of a token ('--recorded') as it is now, in a form that a canvas takes: light-dark() is resolved. */
export function tokenColor(name: `--${string}`, within: Element = document.documentElement): string {
  const probe = document.createElement('span');
  probe.hidden = true;
  probe.style.color = `var(${name})`;
  within.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
