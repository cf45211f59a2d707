/** What names are made of, in parts separated by `/`. */
export const nameSegment = /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*$/;
