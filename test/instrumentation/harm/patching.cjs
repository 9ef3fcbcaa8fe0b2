// A tracer as vendors have them, loaded by `--require`: it wraps Module._load, and every function
// that a package exports, and what Node sends and serves requests with.
const Module = require('node:module')

const seen = new WeakMap()

function traced(target) {
  if (seen.has(target)) return seen.get(target)
  const wrapper = new Proxy(target, {
    apply: (own, self, args) => Reflect.apply(own, self, args),
    construct: (own, args, made) => Reflect.construct(own, args, made === wrapper ? own : made),
  })
  seen.set(target, wrapper)
  seen.set(wrapper, wrapper)
  return wrapper
}

/** As `shimmer.wrap`: where it may be written. */
function wrap(target, name) {
  const own = Object.getOwnPropertyDescriptor(target, name)
  if (typeof own?.value !== 'function' || !own.writable) return
  const original = own.value
  target[name] = function (...args) {
    return Reflect.apply(original, this, args)
  }
  Object.defineProperty(target[name], 'length', { value: original.length })
  Object.defineProperty(target[name], 'name', { value: original.name })
}

const { _load } = Module
Module._load = function (request, parent, isMain) {
  const exports = Reflect.apply(_load, this, [request, parent, isMain])
  const isPackage = !request.startsWith('.') && !request.startsWith('node:')
  if (!isPackage || !parent?.filename || Module.isBuiltin(request)) return exports
  return typeof exports === 'function' ? traced(exports) : exports
}

const http = require('node:http')
const https = require('node:https')
wrap(http.Server.prototype, 'emit')
for (const one of [http, https]) for (const name of ['request', 'get']) wrap(one, name)
for (const name of ['writeHead', 'end', 'write']) wrap(http.ServerResponse.prototype, name)
const { fetch } = globalThis
globalThis.fetch = function (...args) {
  return Reflect.apply(fetch, this, args)
}
