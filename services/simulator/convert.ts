/** Domain values -> the events of the contract, and only here. */
import { create } from '@bufbuild/protobuf';
import { type Timestamp, timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  type CustomerProfile,
  CustomerProfile_ConsentSchema,
  CustomerProfile_ContactChannel,
  CustomerProfile_Mode,
  type CustomerProfile_Obligation,
  CustomerProfile_ObligationKind,
  CustomerProfile_ObligationSchema,
  CustomerProfile_Standing,
  CustomerProfileSchema,
} from '../../gen/pde/events/v1/customer_profile_pb.ts';
import {
  type Transaction,
  Transaction_Category,
  Transaction_Channel,
  Transaction_Declaration,
  Transaction_Direction,
  Transaction_Mode,
  Transaction_Status,
  Transaction_TimePrecision,
  TransactionSchema,
} from '../../gen/pde/events/v1/transaction_pb.ts';
import type { Consent, Obligation, Profile } from '../domain/bank/profile.ts';
import { Declares, type LedgerRow, type Mode } from '../domain/bank/transaction.ts';
import { formatDay } from '../domain/calendar/days.ts';

export function toTransaction(customerId: string, currency: string, row: LedgerRow, mode: Mode): Transaction {
  return create(TransactionSchema, {
    transactionId: row.transactionId,
    customerId,
    accountId: row.accountId,
    occurredTime: timeOf(row.occurredMs),
    timePrecision: PRECISIONS[row.timePrecision],
    utcOffsetMinutes: row.utcOffsetMinutes,
    bookingTime: timeOf(row.bookedMs),
    direction: DIRECTIONS[row.direction],
    amountMinor: BigInt(row.amountMinor),
    currency,
    status: STATUSES[row.status],
    channel: CHANNELS[row.channel],
    category: CATEGORIES[row.category],
    ownTransfer: row.ownTransfer,
    declares: declarationsOf(row.declares),
    mode: mode === 'live' ? Transaction_Mode.LIVE : Transaction_Mode.REPLAY,
    reversesTransactionId: row.reversesTransactionId ?? '',
    merchantId: row.merchantId ?? '',
    counterpartyId: row.counterpartyId ?? '',
    obligationId: row.obligationId ?? '',
    ...(row.balanceAfterMinor === null ? {} : { balanceAfterMinor: BigInt(row.balanceAfterMinor) }),
  });
}

export function toCustomerProfile(profile: Profile, mode: Mode): CustomerProfile {
  return create(CustomerProfileSchema, {
    customerId: profile.customerId,
    version: BigInt(profile.version),
    effectiveTime: timeOf(profile.effectiveMs),
    timeZone: profile.timeZone ?? '',
    consents: profile.consents.map(toConsent),
    obligations: profile.obligations.map(toObligation),
    obligationsDeclared: profile.obligationsDeclared,
    ...(profile.salaryDayOfMonth === null ? {} : { salaryDayOfMonth: profile.salaryDayOfMonth }),
    standing: STANDINGS[profile.standing],
    mode: mode === 'live' ? CustomerProfile_Mode.LIVE : CustomerProfile_Mode.REPLAY,
  });
}

function toConsent({ channel, granted, recordedMs }: Consent) {
  return create(CustomerProfile_ConsentSchema, {
    channel: CONTACTS[channel],
    granted,
    recordedTime: timeOf(recordedMs),
  });
}

function toObligation(obligation: Obligation): CustomerProfile_Obligation {
  const { interval, lastDueDay } = obligation;
  return create(CustomerProfile_ObligationSchema, {
    obligationId: obligation.obligationId,
    kind: KINDS[obligation.kind],
    amountMinor: BigInt(obligation.amountMinor),
    firstDueDate: formatDay(obligation.firstDueDay),
    lastDueDate: lastDueDay === null ? '' : formatDay(lastDueDay),
    ...(interval?.kind === 'months' ? { intervalMonths: interval.months } : {}),
    ...(interval?.kind === 'days' ? { intervalDays: interval.days } : {}),
  });
}

function declarationsOf(set: number): Transaction_Declaration[] {
  return DECLARATIONS.filter(([bit]) => (set & bit) !== 0).map(([, declaration]) => declaration);
}

function timeOf(ms: number): Timestamp {
  return timestampFromMs(ms);
}

const PRECISIONS = { day: Transaction_TimePrecision.DAY, second: Transaction_TimePrecision.SECOND } as const;
const DIRECTIONS = { credit: Transaction_Direction.CREDIT, debit: Transaction_Direction.DEBIT } as const;
const STATUSES = { settled: Transaction_Status.SETTLED, failed: Transaction_Status.FAILED } as const;

const CHANNELS: Readonly<Record<LedgerRow['channel'], Transaction_Channel>> = {
  unknown: Transaction_Channel.UNSPECIFIED,
  card: Transaction_Channel.CARD,
  atm: Transaction_Channel.ATM,
  branch: Transaction_Channel.BRANCH,
  transfer: Transaction_Channel.TRANSFER,
  direct_debit: Transaction_Channel.DIRECT_DEBIT,
  internal: Transaction_Channel.INTERNAL,
};

const CATEGORIES: Readonly<Record<LedgerRow['category'], Transaction_Category>> = {
  unknown: Transaction_Category.UNSPECIFIED,
  salary: Transaction_Category.SALARY,
  benefit: Transaction_Category.BENEFIT,
  interest: Transaction_Category.INTEREST,
  groceries: Transaction_Category.GROCERIES,
  utilities: Transaction_Category.UTILITIES,
  rent: Transaction_Category.RENT,
  insurance: Transaction_Category.INSURANCE,
  health: Transaction_Category.HEALTH,
  transport: Transaction_Category.TRANSPORT,
  dining: Transaction_Category.DINING,
  entertainment: Transaction_Category.ENTERTAINMENT,
  shopping: Transaction_Category.SHOPPING,
  travel: Transaction_Category.TRAVEL,
  gambling: Transaction_Category.GAMBLING,
  loan: Transaction_Category.LOAN,
  subscription: Transaction_Category.SUBSCRIPTION,
  card_payment: Transaction_Category.CARD_PAYMENT,
  cash: Transaction_Category.CASH,
  fee: Transaction_Category.FEE,
  overdraft_charge: Transaction_Category.OVERDRAFT_CHARGE,
  other: Transaction_Category.OTHER,
};

const DECLARATIONS: readonly (readonly [number, Transaction_Declaration])[] = [
  [Declares.failures, Transaction_Declaration.FAILURES],
  [Declares.merchant, Transaction_Declaration.MERCHANT],
  [Declares.spendingCategory, Transaction_Declaration.SPENDING_CATEGORY],
  [Declares.billCategory, Transaction_Declaration.BILL_CATEGORY],
  [Declares.overdraftCharges, Transaction_Declaration.OVERDRAFT_CHARGES],
  [Declares.channel, Transaction_Declaration.CHANNEL],
];

const CONTACTS: Readonly<Record<Consent['channel'], CustomerProfile_ContactChannel>> = {
  phone_call: CustomerProfile_ContactChannel.PHONE_CALL,
  sms: CustomerProfile_ContactChannel.SMS,
  email: CustomerProfile_ContactChannel.EMAIL,
};

const KINDS: Readonly<Record<Obligation['kind'], CustomerProfile_ObligationKind>> = {
  rent: CustomerProfile_ObligationKind.RENT,
  utilities: CustomerProfile_ObligationKind.UTILITIES,
  insurance: CustomerProfile_ObligationKind.INSURANCE,
  loan: CustomerProfile_ObligationKind.LOAN,
  card: CustomerProfile_ObligationKind.CARD,
  subscription: CustomerProfile_ObligationKind.SUBSCRIPTION,
};

const STANDINGS: Readonly<Record<Profile['standing'], CustomerProfile_Standing>> = {
  open: CustomerProfile_Standing.OPEN,
  closed: CustomerProfile_Standing.CLOSED,
  forborne: CustomerProfile_Standing.FORBORNE,
};
