/** Where models lie, for the services that this command starts and for the commands about models. */
import { join } from 'node:path';

/** The model that an engine begins with. */
export function modelDirectory(root: string): string {
  return process.env.PDE_MODEL_DIR ?? join(root, 'models', 'synthetic', '5');
}

/** Models that may be put in force: `<name>/<version>/` each. */
export function modelsDirectory(root: string): string {
  return process.env.PDE_MODELS_DIR ?? join(root, 'models');
}
