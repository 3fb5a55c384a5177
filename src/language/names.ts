const RESERVED: ReadonlySet<string> = new Set(['le', 'quantile']);

export const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
export const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** Null: Prometheus takes it as the name of a label. Else what is wrong with it. */
export function checkLabelName(name: string): string | null {
  if (!LABEL_NAME.test(name)) return 'a label name has letters, digits and "_" and does not begin with a digit';
  if (name.startsWith('__')) return 'label names that begin with "__" are reserved';
  return RESERVED.has(name) ? `the label name "${name}" is reserved` : null;
}

/** Whether a text can name a target, a group or a query. */
export function isName(text: string): boolean {
  return text.trim() !== '' && !/\p{Cc}/u.test(text) && text.isWellFormed();
}
