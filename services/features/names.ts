/** What the service is called where others see it: in ids of dead letters, in metrics and logs. */
export const SERVICE = 'features';
/** Its schema in PostgreSQL. */
export const SCHEMA = 'features';
/** Consumer group of transactions-stream: one for all instances, which share the partitions. */
export const TRANSACTIONS_GROUP = 'features-transactions';
