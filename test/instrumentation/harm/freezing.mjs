// The modules that FROZEN names freeze all that they export, and the prototypes of their classes,
// at the end of their files.
import { registerHooks } from 'node:module'

const names = new Set(JSON.parse(process.env.FROZEN))
const files = new Set()
const freeze = `
;{
  const freeze = (value, depth) => {
    const isObject = typeof value === 'function' || (typeof value === 'object' && value !== null)
    if (!isObject || depth > 2 || value === Object.prototype || value === Function.prototype) return
    // What Node has is not the library's.
    if (Object.values(globalThis).includes(value)) return
    for (const own of Object.values(Object.getOwnPropertyDescriptors(value))) {
      if ('value' in own) freeze(own.value, depth + 1)
    }
    if (!isSelf(value)) Object.freeze(value)
  }
  const isSelf = (value) => Object.prototype.toString.call(value) === '[object Module]'
  freeze(EXPORTS, 0)
}
`

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context)
    if (names.has(specifier)) files.add(resolved.url)
    return resolved
  },
  load(url, context, next) {
    const loaded = next(url, context)
    if (!files.has(url) || !loaded.source) return loaded
    const isModule = loaded.format === 'module'
    const self = `\nimport * as frozenSelf from ${JSON.stringify(url)}`
    const text = freeze.replace('EXPORTS', isModule ? 'frozenSelf' : 'module.exports')
    const source = Buffer.from(loaded.source).toString()
    return { ...loaded, source: `${source}${isModule ? self : ''}${text}` }
  },
})
