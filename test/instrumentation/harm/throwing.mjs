// Every hook of Grantlog throws: FAULT says whether `before` or `after` it has done its work. The
// file that calls them is changed while it is loaded, so that the product knows nothing of it.
import { registerHooks } from 'node:module'

const isAfter = process.env.FAULT === 'after'
const fault = "throw new Error('injected')"
const changes = [
  ['return hook();', `if (onError === ignore) return hook(); ${isAfter ? 'hook();' : ''} ${fault}`],
  ['hook(value);', `${isAfter ? 'hook(value);' : ''} ${fault}`],
]

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    if (!url.endsWith('/packages/sdk/dist/instrument/fence.js')) return loaded
    let source = Buffer.from(loaded.source).toString()
    for (const [text, other] of changes) {
      if (!source.includes(text)) throw new Error(`${url} has no ${text}`)
      source = source.replace(text, other)
    }
    return { ...loaded, source }
  },
})
