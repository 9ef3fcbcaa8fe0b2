// Regular expressions in linear time: RE2's syntax and automata, so that no value of a record can
// make one slow. Lookaround and back references, which Sigma does not allow either, are refused.
import { RE2JS } from 're2js'

/** Sigma's sub-modifiers; each is also RE2's letter. */
const flagBits: Readonly<Record<string, number>> = {
  i: RE2JS.CASE_INSENSITIVE,
  m: RE2JS.MULTILINE,
  s: RE2JS.DOTALL,
}

/** Whether the expression matches anywhere in a text. Throws RE2's error. */
export function regexMatcher(source: string, flags: string): (text: string) => boolean {
  const bits = [...flags].reduce((sum, flag) => sum | (flagBits[flag] ?? 0), 0)
  const compiled = RE2JS.compile(source, bits)
  return (text) => compiled.test(text)
}
