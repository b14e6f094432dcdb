/** The text with every control character and line break shown as `�`: names of files may hold any. */
export const singleLine = (text: string) => text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '\ufffd')
