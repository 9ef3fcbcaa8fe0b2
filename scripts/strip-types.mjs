// A jest transform that does what Node itself does with a `.ts` file: it strips the types.
import { createHash } from 'node:crypto'
import { stripTypeScriptTypes } from 'node:module'

export default {
  process: (code) => ({ code: stripTypeScriptTypes(code) }),
  // 'instrument' must be part of the key: without it, coverage reads 0 %.
  getCacheKey: (code, path, { instrument }) =>
    createHash('sha1').update(`${process.version}\0${instrument}\0${path}\0${code}`).digest('hex'),
}
