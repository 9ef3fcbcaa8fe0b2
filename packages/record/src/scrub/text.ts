// The passes over one text, in their order. Each takes time linear in its length.
import { scrubSchemes, scrubTokens } from './credentials.ts'
import type { SecretNames } from './names.ts'
import { createParameterScrubber } from './parameters.ts'
import { scrubPaths, scrubUserinfo } from './urls.ts'

/** Gives the text with its secrets replaced by `REDACTED`, or the very same text. */
export type ScrubText = (text: string) => string

/** Without any of these there is no parameter, URL, token or scheme: most texts end here. */
const suspicious = /[=:/%\s]|e[yw]/i

export function createTextScrubber(names: SecretNames): ScrubText {
  const scrubParameters = createParameterScrubber(names)
  const passes = [scrubTokens, scrubSchemes, scrubUserinfo, scrubParameters, scrubPaths]
  return (text) => (suspicious.test(text) ? passes.reduce((rest, pass) => pass(rest), text) : text)
}
