// Regular expressions in linear time: RE2's syntax and automata, so that no value of a record can
// make one slow. Lookaround and back references, which Sigma does not allow either, are refused.
import { RE2JS } from 're2js'
import { MAX_REGEX_CHARS } from '../limits.ts'

/** Sigma's sub-modifiers; each is also RE2's letter. */
const flagBits: Readonly<Record<string, number>> = {
  i: RE2JS.CASE_INSENSITIVE,
  m: RE2JS.MULTILINE,
  s: RE2JS.DOTALL,
}

/** Whether the expression matches anywhere in a text. Throws Error: what is wrong with it. */
export function regexMatcher(source: string, flags: string): (text: string) => boolean {
  if (source.length > MAX_REGEX_CHARS) throw new Error(`longer than ${MAX_REGEX_CHARS} characters`)
  const bits = [...flags].reduce((sum, flag) => sum | (flagBits[flag] ?? 0), 0)
  const compiled = RE2JS.compile(source, bits)
  return (text) => compiled.test(text)
}
