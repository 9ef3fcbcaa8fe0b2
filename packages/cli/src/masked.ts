// URLs as they may be shown: without user, password or query. See masked.test.ts.

/** A URL, or what was meant as one. All before the last `@` goes: a password may hold anything. */
export function maskedUrl(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:[/\\]{1,2})?.*@/is, '$1***@').replace(/\?.*$/s, '?***')
}

/** A text with URLs in it, each without user and password. */
export function maskedText(text: string): string {
  return text.replace(/(:[/\\]{1,2})[^\s'"]*@/g, '$1***@')
}
