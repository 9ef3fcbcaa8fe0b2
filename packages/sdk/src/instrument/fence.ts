/** Reports what a hook threw; must not throw itself. */
export type OnHookError = (error: unknown) => void

/**
 * Runs `hook`; whatever it throws goes to `onError` and never to the application. Returns null
 * then. It is for synchronous code only: a hook that returned a promise would reject unhandled.
 */
export function fence<T>(hook: () => T, onError: OnHookError): T | null {
  try {
    return hook()
  } catch (error) {
    try {
      onError(error)
    } catch {
      // Nothing is left to tell.
    }
    return null
  }
}

/** `hook` in a fence, made once: for hooks that are called often. */
export function fenced<T>(hook: (value: T) => void, onError: OnHookError): (value: T) => void {
  return (value) => {
    try {
      hook(value)
    } catch (error) {
      fence(() => onError(error), ignore)
    }
  }
}

/** Nothing is left to tell. */
function ignore(): void {}
