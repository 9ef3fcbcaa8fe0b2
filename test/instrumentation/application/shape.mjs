// What a program can see of modules without calling anything: names, kinds, arity.
import { isModuleNamespaceObject } from 'node:util/types'

const depthMax = 4

/** A line for each member that can be reached through objects, functions and prototypes. */
export function shapeOf(modules, isExact = false) {
  const lines = []
  const seen = new Set()
  const walk = (path, value, depth) => {
    const isFunction = typeof value === 'function'
    if ((typeof value !== 'object' || value === null) && !isFunction) return
    if (seen.has(value) || depth > depthMax) return
    seen.add(value)
    for (const key of Reflect.ownKeys(value)) {
      // Of V8, of each function; and what requests change.
      if (isFunction && ['arguments', 'caller'].includes(key)) continue
      const own = Object.getOwnPropertyDescriptor(value, key)
      // A proxy may name what it has not.
      if (own === undefined) continue
      const name = `${path}.${String(key)}`
      lines.push(`${name}: ${tellOf(own, isExact && !isModuleNamespaceObject(value))}`)
      // What an agent holds differs from moment to moment.
      if (key === 'globalAgent') continue
      // Of a function behind a proxy it is the function itself, which is nobody's concern.
      if ('value' in own && key !== 'constructor') walk(name, own.value, depth + 1)
    }
    const prototype = Object.getPrototypeOf(value)
    const isOwn = ![null, Object.prototype, Array.prototype].includes(prototype)
    // Of functions: what a class extends.
    if (isFunction ? Object.hasOwn(prototype, 'prototype') : isOwn)
      walk(`${path}[[up]]`, prototype, depth + 1)
  }
  for (const [name, module] of Object.entries(modules)) walk(name, module, 0)
  return lines
}

function tellOf({ value, get, set, ...flags }, isExact) {
  const kinds = [value, get, set].map((one) =>
    typeof one === 'function' ? `${kindOf(one)} ${one.name}/${one.length}` : typeof one,
  )
  if (!isExact) return kinds.join(' ')
  const texts = [value, get, set].map((one) => (typeof one === 'function' ? textOf(one) : ''))
  return [...kinds, JSON.stringify(flags), ...texts].join(' ')
}

/** Function, AsyncFunction, … */
function kindOf(value) {
  return Object.prototype.toString.call(value).slice(8, -1)
}

/** Two functions with the same text are the same one here: a wrapper has its own. */
function textOf(value) {
  return Function.prototype.toString.call(value).replace(/\s+/g, ' ').slice(0, 200)
}
