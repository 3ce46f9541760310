/** What every thread of the vision node tells the main thread besides its own messages; each proves that it lives. */
export type FromThread =
  /** It is about to do what may hold it for long, or has done it: loading a model, and warming it up. */
  | { readonly type: 'loading'; readonly loading: boolean }
  /** It can go on no more, releases everything and then ends. */
  | { readonly type: 'failing'; readonly reason: string }
  /** Everything it owned is released; it ends by itself. */
  | { readonly type: 'stopped' };
