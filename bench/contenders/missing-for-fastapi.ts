import { spawnSync } from 'node:child_process'

const CHECK = `
import fastapi, httpx, httptools, pydantic, uvicorn, uvloop
assert pydantic.VERSION.startswith("1."), "pydantic is " + pydantic.VERSION
`

/** Python's error if the FastAPI contender cannot run here; undefined if it can. */
export function missingForFastapi(): string | undefined {
  const { error, status, stderr } = spawnSync('/usr/bin/python3', ['-c', CHECK], { encoding: 'utf8' })
  if (error) return error.message
  return status === 0 ? undefined : stderr.trim().split('\n').at(-1)
}
