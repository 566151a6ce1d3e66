// `npm run train`: makes environment, table and catalogue, and trains. See models/README.md.
import '../../services/scoring/train.ts';
