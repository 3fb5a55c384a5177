/** What is wrong with a text, in words that never quote it: any part of it may belong to a password. */
export class Malformed extends Error {
  override readonly name: string = 'Malformed';
  readonly problems: readonly string[];

  constructor(...problems: readonly string[]) {
    super(problems.join('; '));
    this.problems = problems;
  }
}

/** The text may be of another form than the one that it was read as: whoever knows them all says them. */
export class UnknownForm extends Malformed {
  override readonly name = 'UnknownForm';
}
