// better-auth 1 (ES modules) with @better-auth/oauth-provider. Its own files have new names with
// each version: the one door is `betterAuth(options)`, to which a plugin is added that looks at
// what was asked for and answered. In a bundle there is no door: `auditBetterAuth` is called by
// hand.
import { addInstrumentation } from '../added.ts'
import type { AnyFunction, Instrumentation, Wrap } from '../defined/definition.ts'
import { defineInstrumentation } from '../defined/definition.ts'
import type { Seam } from '../defined/seam.ts'
import { record, text } from '../unknown.ts'
import { interactionOf } from './better-auth-interaction.ts'
import { isLogin } from './better-auth-login.ts'
import { toldOf } from './better-auth-told.ts'

const name = 'better-auth'
const pluginId = 'grantlog'

/** What tells at the time of a request; null: no SDK has started. */
type SeamNow = () => Seam | null

export const betterAuth: Instrumentation = defineInstrumentation({
  name,
  modules: ['', '/minimal'].map((part) => ({
    name: name + part,
    files: [part === '' ? 'dist/index.mjs' : 'dist/auth/minimal.mjs'],
    hooks: { betterAuth: wrapWith((seam) => () => seam) },
  })),
})

function wrapWith(seamOf: (seam: Seam) => SeamNow): Wrap {
  return (original, seam) => withPlugin(original, seamOf(seam))
}

/**
 * `betterAuth`, audited, where nothing is imported that could be watched: in a bundle, such as that
 * of Next.js. The SDK itself is loaded outside of it, by `--import`; without it, or before it has
 * started, `betterAuth` gets the very options that it is given.
 */
export function auditBetterAuth<T>(betterAuth: T): T {
  addInstrumentation(bundled)
  return withPlugin(betterAuth as AnyFunction, () => seamNow) as T
}

let seamNow: Seam | null = null

/** One for all: a service may make one for each request, and what is added stays. */
const bundled: Instrumentation = {
  ...{ name, modules: [] },
  onSeam: (seam) => {
    seamNow = seam
  },
}

function withPlugin(original: AnyFunction, seamOf: SeamNow): AnyFunction {
  return new Proxy(original, {
    apply(target, self, args: unknown[]) {
      if (seamOf()?.isOff() !== false) return Reflect.apply(target, self, args)
      const [options, ...more] = args
      return Reflect.apply(target, self, [audited(options, seamOf), ...more])
    },
  })
}

/** Plugins that hand cookies to a framework, and warn of any behind them that has hooks. */
const cookiesForm = /-cookies(?:-|$)/

/** The options with the plugin at the end, once, but for what has to be the last. */
function audited(options: unknown, seamOf: SeamNow): unknown {
  const { plugins = [] } = record(options)
  if (!Array.isArray(plugins)) return options
  if (plugins.some((one) => record(one).id === pluginId)) return options
  const all = plugins as readonly unknown[]
  const last = all.findIndex((one) => cookiesForm.test(text(record(one).id) ?? ''))
  const at = last < 0 ? all.length : last
  return { ...record(options), plugins: all.toSpliced(at, 0, pluginOf(seamOf)) }
}

/** Of the OAuth provider, of the devices that it lets in, and back from log-ins at another site. */
const pathForm = /\/oauth2\/|^\/(?:device|callback)\//

function pluginOf(seamOf: SeamNow): object {
  const handler = (context: unknown): Promise<object> => {
    const seam = seamOf()
    if (seam !== null && !seam.isOff()) {
      seam.fenced(() => {
        const served = seam.scopes.served()
        const interaction = interactionOf(context)
        if (interaction !== null) return seam.tellInteraction(interaction, served)
        const told = toldOf(context)
        if (told !== null) seam.tellAction(told, served)
      })
    }
    // Nothing of the answer is changed.
    return Promise.resolve({})
  }
  const matcher = ({ path }: { readonly path?: unknown }): boolean =>
    typeof path === 'string' && (pathForm.test(path) || isLogin(path))
  return { id: pluginId, hooks: { after: [{ matcher, handler }] } }
}
