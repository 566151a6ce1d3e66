import { runService } from '../platform/lifecycle/run-service.ts';
import { readFeaturesConfig } from './config.ts';
import { SERVICE } from './names.ts';
import { wireFeatures } from './wire.ts';

await runService(SERVICE, readFeaturesConfig, wireFeatures);
