// Route templates of many frameworks, as far as a path can be held against them: literals in either
// case, `:parameters`, and an open end for all else (`*`, `{/:optional}`, `(regular expressions)`).
// See routes.test.ts.
import { segmentsOf } from '@grantlog/record'

export interface Shape {
  /** The first segment in lower case, where it is a literal; null where it is not. */
  readonly first: string | null
  readonly literals: number
  /** It may be about any path that begins so. */
  readonly isOpen: boolean
  readonly fits: (segments: readonly string[]) => boolean
}

const literalForm = /^[\w.~!$&',;=@%-]+$/
const parameterForm = /^:[A-Za-z_]\w*$/

/** The shape of a template. */
export function shapeOf(template: string): Shape {
  const parts: (string | null)[] = []
  let isOpen = false
  for (const segment of segmentsOf(template)) {
    if (literalForm.test(segment)) parts.push(segment.toLowerCase())
    else if (parameterForm.test(segment)) parts.push(null)
    else {
      isOpen = true
      break
    }
  }
  const matches = (segments: readonly string[]): boolean =>
    parts.every((part, i) => {
      const segment = segments[i]
      if (segment === undefined || segment === '') return false
      return part === null || part === segment.toLowerCase()
    })
  return {
    first: parts[0] ?? (isOpen || parts.length > 0 ? null : ''),
    literals: parts.filter((part) => part !== null).length,
    isOpen,
    fits: (segments) => (isOpen || segments.length === parts.length) && matches(segments),
  }
}
