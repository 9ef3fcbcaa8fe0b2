// What a token was used for at a server of MCP: the method of the message that its request carried,
// and the tool. A client can write anything there, a secret too: methods are those of the protocol,
// tools those that a server of this process has.
import type { RpcFacts } from '../../facts.ts'
import { toolNamesMax } from '../../limits.ts'
import type { AnyFunction, Wrap } from '../defined/definition.ts'
import type { Seam } from '../defined/seam.ts'
import { record, text } from '../unknown.ts'

const methods = new Set(
  `
    completion/complete elicitation/create initialize logging/setLevel notifications/cancelled
    notifications/elicitation/complete notifications/initialized notifications/message
    notifications/progress notifications/prompts/list_changed
    notifications/resources/list_changed notifications/resources/updated
    notifications/roots/list_changed notifications/tasks/status notifications/tools/list_changed
    ping prompts/get prompts/list resources/list resources/read resources/subscribe
    resources/templates/list resources/unsubscribe roots/list sampling/createMessage
    server/discover subscriptions/listen tasks/cancel tasks/get tasks/list tasks/result
    tools/call tools/list
  `
    .trim()
    .split(/\s+/),
)

const other = '_OTHER'
const toolForm = /^[\w.:/-]{1,128}$/
const tools = new Set<string>()

/** Of the modules that have them. */
export const toolHooks: Readonly<Record<string, Wrap>> = {
  'McpServer#registerTool': named,
  'McpServer#tool': named,
}
export const messageHooks: Readonly<Record<string, Wrap>> = {
  'Protocol#_onrequest': message,
  'Protocol#_onnotification': message,
}

function before(look: (args: readonly unknown[], seam: Seam) => void): Wrap {
  return (original: AnyFunction, seam) =>
    new Proxy(original, {
      apply(target, self, args: unknown[]) {
        if (!seam.isOff()) seam.fenced(() => look(args, seam))
        return Reflect.apply(target, self, args)
      },
    })
}

function named(original: AnyFunction, seam: Seam): AnyFunction {
  const learn = before(([name]) => {
    if (typeof name === 'string' && toolForm.test(name) && tools.size < toolNamesMax)
      tools.add(name)
  })
  return learn(original, seam)
}

function message(original: AnyFunction, seam: Seam): AnyFunction {
  const tell = before(([said], { scopes }) => {
    const served = scopes.served()
    if (served === undefined || served.context === null) return
    const one = rpcOf(said)
    // Of several in one request the first that calls a tool.
    if (served.rpc === undefined || (served.rpc.tool === null && one.tool !== null))
      served.rpc = one
  })
  return tell(original, seam)
}

function rpcOf(said: unknown): RpcFacts {
  const { method, params } = record(said)
  const own = text(method) ?? ''
  const { name } = record(params)
  const tool = own === 'tools/call' ? (tools.has(String(name)) ? String(name) : other) : null
  return { method: methods.has(own) ? own : other, tool }
}
