/** A string of a statement: a backslash escapes in one, as a quote does. */
export const text = (value: string): string => `'${value.replace(/['\\]/g, '$&$&')}'`;
