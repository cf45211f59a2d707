/** Part of every verdict's inputs: raised when the same evidence may be judged differently. */
export const ENGINE_VERSION = 5;
