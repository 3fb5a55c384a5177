/** What a thrown value says, whatever was thrown. Of several errors in one, as of an address tried in turn, all texts. */
export function errorText(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(errorText).join(', ');
  return error instanceof Error ? error.message : String(error);
}
