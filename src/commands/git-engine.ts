// The git engine that --git-engine names, with what this process may reach.
import { chooseEngine, ENGINE_CHOICES, type EngineOptions } from '../git/choose.ts'
import type { GitEngine } from '../git/engine.ts'
import { GIT_ENGINE } from './all-settings.ts'
import type { Invocation } from './command.ts'

export function gitEngine(
  { options, terminal }: Invocation,
  allowed: Pick<EngineOptions, 'allowFile' | 'allowHttp'>,
): Promise<GitEngine> {
  const choice = ENGINE_CHOICES.find(each => each === options.text(GIT_ENGINE.name)) ?? 'auto'
  return chooseEngine(choice, { ...allowed, ambient: terminal.env })
}
