/** What is wrong with a text, in words that never quote it: any part of it may belong to a password. */
export class Malformed extends Error {
  override readonly name: string = 'Malformed';
  readonly problems: readonly string[];

  constructor(problems: string | readonly string[]) {
    const all = typeof problems === 'string' ? [problems] : problems;
    super(all.join('; '));
    this.problems = all;
  }
}

/** The text may be of another form than the one that it was read as: whoever knows them all says them. */
export class UnknownForm extends Malformed {
  override readonly name = 'UnknownForm';
}
