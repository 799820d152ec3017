/** Something did not happen as the story says: a bug, or readings that make no story. */
export class StoryFailed extends Error {
  override readonly name = 'StoryFailed';
}
