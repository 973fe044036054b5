/** How figures and days are written. Thin spaces keep a figure and its unit on one line. */
export const units = {
  'date.day': ({ weekday, day, month }: { weekday: string; day: number; month: string }) =>
    `${weekday} ${day} ${month}`,
  'date.day.short': ({ day, month }: { day: number; month: string }) => `${day} ${month}`,
  'clock.fraction': ({ clock, fraction }: { clock: string; fraction: string }) => `${clock}.${fraction}`,
  'unit.milliseconds': ({ n }: { n: string }) => `${n}\u202fms`,
  'unit.seconds': ({ n }: { n: string }) => `${n}\u202fs`,
  'unit.minutes': ({ n }: { n: string }) => `${n}\u202fmin`,
  'unit.hours': ({ n }: { n: string }) => `${n}\u202fh`,
  'unit.days': ({ n }: { n: number }) => (n === 1 ? '1\u202fday' : `${n}\u202fdays`),
  'unit.framesPerSecond': ({ n }: { n: string }) => `${n}\u202ffps`,
  'unit.size': ({ width, height }: { width: number; height: number }) => `${width}\u202f×\u202f${height}`,
  'unit.figure': ({ n, unit }: { n: string; unit: string }) => `${n}\u202f${unit}`,
  'unit.ago': ({ duration }: { duration: string }) => `${duration} ago`,
};
