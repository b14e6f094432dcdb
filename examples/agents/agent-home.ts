import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { runProgram, stopSender, toEnvironment } from './achilles.ts'
import type { RealAgent } from './real-agent.ts'

/** A home of an agent and the repository in which it works. */
export interface AgentHome {
  home: string
  /** Runs a session in a fresh copy of the repository. */
  runSession(variables?: Readonly<Record<string, string>>): Promise<void>
  remove(): Promise<void>
}

export async function createAgentHome(agent: RealAgent): Promise<AgentHome> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), `achilles-${agent.name}-`)))
  const [home, template] = [join(folder, 'home'), join(folder, 'template')]
  await mkdir(home)
  await mkdir(template)
  await agent.prepare({ home, project: template })
  await promisify(execFile)('git', ['init', '-q'], { cwd: template })
  const project = join(folder, 'project')
  return {
    home,
    async runSession(variables = {}) {
      await rm(project, { recursive: true, force: true })
      await cp(template, project, { recursive: true })
      const { command, env, model } = await agent.start({ home, project })
      try {
        await runProgram(command, project, { ...toEnvironment(home), ...env, ...variables })
      } finally {
        await model?.close()
      }
    },
    async remove() {
      await stopSender(home)
      await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    },
  }
}
