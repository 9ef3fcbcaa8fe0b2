/** The text without control characters: values of records are other people's. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd')
}

/**
 * The same JSON without characters that a terminal obeys, or that turn or hide what stands beside
 * them: JSON escapes only those below a space by itself.
 */
export function plainJson(json: string): string {
  return json.replace(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu, (found) =>
    Array.from({ length: found.length }, (_, at) => {
      return `\\u${found.charCodeAt(at).toString(16).padStart(4, '0')}`
    }).join(''),
  )
}
