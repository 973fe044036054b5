/** A length of time behind `vor`, `seit` or `von`: `12 Tage 3 h` becomes `12 Tagen 3 h`. The other units are signs. */
export const dative = (length: string): string => length.replace(/\bTage\b/, 'Tagen');
