import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { SpoolEntry } from '../../spool.ts'

export interface SpoolCall {
  id: number
  method: 'append' | 'recoverAll' | 'takeDescriptors' | 'freeDescriptors'
  events: readonly SpoolEntry[]
}

/** The first response, with the id 0, reports that the process is ready. */
export interface SpoolAnswer {
  id: number
  events: SpoolEntry[]
  error?: string
}

export interface SpoolProcess {
  readonly pid: number
  append(events: readonly SpoolEntry[]): Promise<unknown>
  recoverAll(): Promise<SpoolEntry[]>
  /** Uses up the free file descriptors of the process. */
  takeDescriptors(): Promise<unknown>
  freeDescriptors(): Promise<unknown>
  kill(): Promise<void>
}

/** Starts a process with a spool in `dir`; `through` is a command that starts it, e.g. one that sets limits. */
export async function spoolProcess(dir: string, through: readonly string[] = []): Promise<SpoolProcess> {
  const script = fileURLToPath(new URL('./serve-spool.ts', import.meta.url))
  const [command = '', ...args] = [...through, process.execPath, '--import', import.meta.resolve('tsx'), script, dir]
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const exit = once(child, 'exit')
  const waiting = new Map<number, (answer: SpoolAnswer) => void>()
  const answered = (id: number) => new Promise<SpoolAnswer>((resolve) => waiting.set(id, resolve))
  child.on('message', (answer: SpoolAnswer) => waiting.get(answer.id)?.(answer))

  let calls = 0
  async function call(method: SpoolCall['method'], events: readonly SpoolEntry[] = []) {
    const id = ++calls
    child.send({ id, method, events } satisfies SpoolCall)
    const answer = await answered(id)
    if (answer.error) throw new Error(answer.error)
    return answer.events
  }

  async function kill() {
    child.kill('SIGKILL')
    await exit
  }
  onTestFinished(kill)
  await answered(0)
  return {
    pid: child.pid ?? 0,
    append: (events) => call('append', events),
    recoverAll: () => call('recoverAll'),
    takeDescriptors: () => call('takeDescriptors'),
    freeDescriptors: () => call('freeDescriptors'),
    kill,
  }
}
