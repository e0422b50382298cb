"""What each silver table says of a row of its source, in DuckDB's SQL: columns, rules of severity error, parents."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Image:
    """One silver table as an image of one source table.

    `columns` are expressions over the source's columns and `landed`, the delivery, all of them text; `rules` are
    predicates over the typed columns that hold for a bad row; `parents` are foreign keys; `newest_by` orders the
    versions of a key; `deleted` holds for a row of the source that takes its key out.
    """

    source: str
    columns: dict[str, str]
    key: tuple[str, ...]
    newest_by: str | None = None
    deleted: str | None = None
    rules: dict[str, str] = field(default_factory=dict)
    parents: dict[str, tuple[str, str]] = field(default_factory=dict)


def decoded(column: str, words: dict[str, str]) -> str:
    """A code in words, and a code without words as it is."""
    cases = " ".join(f"WHEN '{code}' THEN '{word}'" for code, word in words.items())
    return f"CASE trim({column}) {cases} ELSE trim({column}) END"


def among(column: str, words: list[str]) -> str:
    """Holds when a column has none of the words."""
    return f"list_position({words!r}, {column}) IS NULL"


def last4(column: str) -> str:
    """The last four characters of what has more than twice as many."""
    return f"CASE WHEN length({column}) > 8 THEN '***' || {column}[-4:] WHEN {column} IS NOT NULL THEN '***' END"


STATUSES = ["in_process", "approved", "backordered", "rejected", "shipped", "cancelled"]
LINES = {"R": "road", "M": "mountain", "T": "touring", "S": "standard"}
CLASSES = {"H": "high", "M": "medium", "L": "low"}
SALESFORCE_ID = "length({0}) <> 18 OR regexp_matches({0}, '[^0-9A-Za-z]')"


def salesforce(columns: dict[str, str]) -> dict[str, str]:
    """The columns, and those that every record of an export of Salesforce has."""
    return stamped(columns | {"is_deleted": "coalesce(isdeleted, '0')"})


def stamped(columns: dict[str, str]) -> dict[str, str]:
    """The columns, and when a record of Salesforce was made and last changed."""
    return columns | {"created_at": moment("createddate"), "modified_at": moment("systemmodstamp")}


def landed(*names: str) -> dict[str, str]:
    """Columns as the source has them, and which delivery brought the row."""
    return {name: name for name in names} | {"landed_sequence": "landed"}


def moment(column: str) -> str:
    """A time of Salesforce without the words that say it is UTC."""
    return f"replace(replace(replace({column}, 'T', ' '), '+0000', ''), 'Z', '')"


IMAGES = {
    "click_bridge": Image(
        source="synthetic__click_bridge",
        columns=landed("visitor_id", "clicked_at", "campaign_code", "order_id"),
        key=("visitor_id", "clicked_at"),
        newest_by="landed_sequence",
    ),
    "behaviour_events": Image(
        source="redshift__behaviour_events",
        columns={
            "visitor_id": "user_id",
            "event_at": '"timestamp"',
            "event_name": "event",
            "tracker_session_id": "session_id",
            "platform": "platform",
            "channel_name": "acquisition_channel",
            "cohort_month": "user_cohort",
            "lifecycle_name": "user_lifecycle",
        },
        key=("visitor_id", "event_at", "event_name"),
        newest_by="event_at",
        rules={"platform_known": among("platform", ["desktop", "mobile", "tablet"])},
    ),
    "customers": Image(
        source="snowflake__customers",
        columns={
            "customer_id": "customerid",
            "customer_kind": "if(storeid IS NULL, 'person', 'store')",
            "person_id": "personid",
            "store_id": "storeid",
            "territory_id": "territoryid",
        },
        key=("customer_id",),
        rules={"is_somebody": "person_id IS NULL AND store_id IS NULL"},
    ),
    "stores": Image(
        source="snowflake__stores",
        columns={
            "store_id": "businessentityid",
            "store_name": "trim(storename)",
            "sales_person_id": "salespersonid",
            "modified_at": "modifieddate",
            "landed_sequence": "landed",
        },
        key=("store_id",),
        newest_by="(modified_at, landed_sequence)",
        rules={"store_name_not_blank": "store_name = ''"},
    ),
    "product_categories": Image(
        source="snowflake__product_categories",
        columns={
            "category_id": "productcategoryid",
            "category_name": "trim(name)",
            "modified_at": "modifieddate",
            "landed_sequence": "landed",
        },
        key=("category_id",),
        newest_by="(modified_at, landed_sequence)",
        rules={"category_name_not_blank": "category_name = ''"},
    ),
    "product_subcategories": Image(
        source="snowflake__product_subcategories",
        columns={
            "subcategory_id": "productsubcategoryid",
            "category_id": "productcategoryid",
            "subcategory_name": "trim(name)",
            "modified_at": "modifieddate",
            "landed_sequence": "landed",
        },
        key=("subcategory_id",),
        newest_by="(modified_at, landed_sequence)",
        rules={"subcategory_name_not_blank": "subcategory_name = ''"},
        parents={"category_id": ("product_categories", "category_id")},
    ),
    "products": Image(
        source="snowflake__products",
        columns={
            "product_id": "productid",
            "product_number": "trim(productnumber)",
            "product_name": "trim(name)",
            "is_made_in_house": "makeflag",
            "is_sellable": "finishedgoodsflag",
            "color": "color",
            "product_line": decoded("productline", LINES),
            "product_class": decoded('"class"', CLASSES),
            "product_subcategory_id": "productsubcategoryid",
            "product_model_id": "productmodelid",
            "standard_cost_usd": "standardcost",
            "list_price_usd": "listprice",
            "weight_kg": (
                "if(trim(weightunitmeasurecode) = 'G', weight::DECIMAL(10, 2) / 1000::DECIMAL(4),"
                " weight::DECIMAL(10, 2) * 0.45359237::DECIMAL(9, 8))"
            ),
            "source_weight_unit_code": "coalesce(trim(weightunitmeasurecode), if(weight IS NULL, NULL, 'none'))",
            "days_to_manufacture": "daystomanufacture",
            "safety_stock_units": "safetystocklevel",
            "reorder_point_units": "reorderpoint",
            "sold_since_date": "sellstartdate[:10]",
            "modified_at": "modifieddate",
            "landed_sequence": "landed",
        },
        key=("product_id",),
        newest_by="(modified_at, landed_sequence)",
        rules={
            "product_line_known": among("product_line", list(LINES.values())) + " AND product_line IS NOT NULL",
            "product_class_known": among("product_class", list(CLASSES.values())) + " AND product_class IS NOT NULL",
            "cost_not_negative": "standard_cost_usd < 0",
            "price_not_negative": "list_price_usd < 0",
            "weight_unit_known": "source_weight_unit_code NOT IN ('G', 'LB')",
        },
    ),
    "orders": Image(
        source="snowflake__orders",
        columns={
            "order_id": "salesorderid",
            "customer_id": "customerid",
            "ordered_at": "orderdate",
            "due_at": "duedate",
            "shipped_at": "shipdate",
            "status": decoded("status", {str(i): word for i, word in enumerate(STATUSES, 1)}),
            "is_online": "onlineorderflag",
            "sales_person_id": "salespersonid",
            "territory_id": "territoryid",
            "bill_to_address_id": "billtoaddressid",
            "ship_to_address_id": "shiptoaddressid",
            "currency_code": "'USD'",
            "subtotal_usd": "subtotal",
            "tax_usd": "taxamt",
            "freight_usd": "freight",
            "total_usd": "totaldue",
            "revision_number": "revisionnumber",
            "modified_at": "modifieddate",
            "landed_sequence": "landed",
        },
        key=("order_id",),
        newest_by="(modified_at, landed_sequence)",
        rules={
            "status_known": among("status", STATUSES) + " AND status IS NOT NULL",
            "total_not_negative": "total_usd < 0",
        },
        parents={"customer_id": ("customers", "customer_id")},
    ),
    "order_lines": Image(
        source="snowflake__order_lines",
        columns={
            "order_id": "salesorderid",
            "line_id": "salesorderdetailid",
            "product_id": "productid",
            "special_offer_id": "specialofferid",
            "quantity": "orderqty",
            "unit_price_usd": "unitprice",
            "discount": "unitpricediscount",
            "modified_at": "modifieddate",
            "landed_sequence": "landed",
        },
        key=("order_id", "line_id"),
        newest_by="(modified_at, landed_sequence)",
        rules={
            "quantity_positive": "quantity <= 0",
            "unit_price_not_negative": "unit_price_usd < 0",
            "discount_is_a_part": "discount < 0 OR discount > 1",
        },
        parents={"order_id": ("orders", "order_id")},
    ),
    "order_returns": Image(
        source="synthetic__order_returns",
        columns=landed("return_id", "order_id", "line_id", "quantity", "reason", "returned_at"),
        key=("return_id",),
        newest_by="landed_sequence",
        rules={
            "quantity_positive": "quantity <= 0",
            "reason_known": among("reason", ["damaged", "wrong_item", "not_wanted", "late"]),
        },
        parents={"order_id": ("orders", "order_id")},
    ),
    "order_events": Image(
        source="kafka__order_events",
        columns={
            "event_id": "event_id",
            "order_id": "order_id",
            "event_type": "event_type",
            "occurred_at": "replace(occurred_at, '+00:00', '')",
            "customer_id": "customer_id",
            "amount_usd": "amount_usd",
            "channel": "channel",
        },
        key=("event_id",),
        newest_by="occurred_at",
        rules={
            "event_type_known": among("event_type", ["placed", "paid", "shipped"]),
            "amount_not_negative": "amount_usd < 0",
        },
    ),
    "accounts": Image(
        source="crm__accounts",
        columns=salesforce(
            {
                "account_id": "id",
                "account_name": "trim(name)",
                "industry": "industry",
                "account_class": "lower(trim(classification__c))",
                "annual_revenue": "annualrevenue",
                "employees": "numberofemployees",
                "billing_city": "billingcity",
                "billing_state_code": "billingstate",
                "billing_country": "billingcountry",
                "phone_masked": last4("trim(phone)"),
                "tax_number_hash": "hashed(upper(trim(employee_identification_number__c)))",
                "website": "website",
                "owner_id": "ownerid",
                "branch_id": "branch__c",
                "external_id": "external_id__c",
                "last_activity_date": "lastactivitydate",
            }
        ),
        key=("account_id",),
        newest_by="modified_at",
        rules={
            "account_id_shaped": SALESFORCE_ID.format("account_id"),
            "annual_revenue_not_negative": "annual_revenue < 0",
            "employees_not_negative": "employees < 0",
        },
    ),
    "contacts": Image(
        source="crm__contacts",
        columns=salesforce(
            {
                "contact_id": "id",
                "account_id": "accountid",
                "name_hash": "hashed(lower(trim(name)))",
                "email_hash": "hashed(lower(trim(email)))",
                "email_masked": "'***@' || split_part(lower(trim(email)), '@', 2)",
                "email_token": "token(lower(trim(email)))",
                "phone_masked": last4("trim(phone)"),
                "birth_year": "birthdate[:4]",
                "mailing_postal_prefix": "trim(mailingpostalcode)[:3]",
                "lead_source": "leadsource",
                "mailing_state_code": "mailingstate",
                "mailing_country_code": "mailingcountry",
                "owner_id": "ownerid",
                "branch_id": "branch__c",
                "external_id": "external_id__c",
                "last_activity_date": "lastactivitydate",
            }
        ),
        key=("contact_id",),
        newest_by="modified_at",
        rules={"contact_id_shaped": SALESFORCE_ID.format("contact_id")},
        parents={"account_id": ("accounts", "account_id")},
    ),
    "opportunities": Image(
        source="crm__opportunities",
        columns=stamped(
            {
                "opportunity_id": "id",
                "account_id": "accountid",
                "opportunity_name": "trim(name)",
                "stage": "stagename",
                "amount": "amount",
                "probability_pct": "probability",
                "close_date": "closedate",
                "is_closed": "coalesce(isclosed, '0')",
                "is_won": "coalesce(iswon, '0')",
                "forecast_category": "forecastcategory",
                "product_name": "product__c",
                "fiscal_year": "fiscalyear",
                "fiscal_quarter": "fiscalquarter",
                "owner_id": "ownerid",
                "external_id": "external_id__c",
            }
        ),
        key=("opportunity_id",),
        newest_by="modified_at",
        deleted="isdeleted IN ('1', 'true')",
        rules={
            "opportunity_id_shaped": SALESFORCE_ID.format("opportunity_id"),
            "amount_not_negative": "amount < 0",
            "probability_is_a_percentage": "probability_pct < 0 OR probability_pct > 100",
            "fiscal_quarter_exists": "fiscal_quarter < 1 OR fiscal_quarter > 4",
        },
        parents={"account_id": ("accounts", "account_id")},
    ),
    "salesforce_accounts": Image(
        source="salesforce__accounts",
        columns=stamped(
            {
                "account_id": "id",
                "account_name": "trim(name)",
                "industry": "industry",
                "account_class": "lower(trim(classification__c))",
                "annual_revenue": "annualrevenue",
                "employees": "numberofemployees",
                "billing_city": "billingcity",
                "billing_state_code": "billingstate",
                "billing_country": "billingcountry",
                "website": "website",
                "owner_id": "ownerid",
                "branch_id": "branch__c",
                "external_id": "external_id__c",
                "last_activity_date": "lastactivitydate",
            }
        ),
        key=("account_id",),
        newest_by="modified_at",
        deleted="isdeleted = 'true'",
        rules={
            "account_id_shaped": SALESFORCE_ID.format("account_id"),
            "annual_revenue_not_negative": "annual_revenue < 0",
            "employees_not_negative": "employees < 0",
        },
    ),
    "salesforce_contacts": Image(
        source="salesforce__contacts",
        columns=stamped(
            {
                "contact_id": "id",
                "account_id": "accountid",
                "lead_source": "leadsource",
                "mailing_state_code": "mailingstate",
                "has_opted_out_of_email": "hasoptedoutofemail",
                "owner_id": "ownerid",
                "branch_id": "branch__c",
                "external_id": "external_id__c",
                "last_activity_date": "lastactivitydate",
            }
        ),
        key=("contact_id",),
        newest_by="modified_at",
        deleted="isdeleted = 'true'",
        rules={"contact_id_shaped": SALESFORCE_ID.format("contact_id")},
        parents={"account_id": ("salesforce_accounts", "account_id")},
    ),
    "salesforce_opportunities": Image(
        source="salesforce__opportunities",
        columns=stamped(
            {
                "opportunity_id": "id",
                "account_id": "accountid",
                "opportunity_name": "trim(name)",
                "stage": "stagename",
                "amount": "amount",
                "probability_pct": "probability",
                "close_date": "closedate",
                "is_closed": "isclosed",
                "is_won": "iswon",
                "product_name": "product__c",
                "owner_id": "ownerid",
                "external_id": "external_id__c",
            }
        ),
        key=("opportunity_id",),
        newest_by="modified_at",
        deleted="isdeleted = 'true'",
        rules={
            "opportunity_id_shaped": SALESFORCE_ID.format("opportunity_id"),
            "amount_not_negative": "amount < 0",
            "probability_is_a_percentage": "probability_pct < 0 OR probability_pct > 100",
        },
        parents={"account_id": ("salesforce_accounts", "account_id")},
    ),
    "leads": Image(
        source="salesforce__leads",
        columns=stamped(
            {
                "lead_id": "id",
                "status": "lower(trim(status))",
                "lead_source": "leadsource",
                "state_code": "state",
                "is_converted": "isconverted",
                "converted_date": "converteddate",
                "converted_account_id": "convertedaccountid",
                "converted_contact_id": "convertedcontactid",
                "converted_opportunity_id": "convertedopportunityid",
                "owner_id": "ownerid",
                "branch_id": "branch__c",
                "external_id": "external_id__c",
                "last_activity_date": "lastactivitydate",
            }
        ),
        key=("lead_id",),
        newest_by="modified_at",
        deleted="isdeleted = 'true'",
        rules={"lead_id_shaped": SALESFORCE_ID.format("lead_id")},
    ),
    "campaigns": Image(
        source="salesforce__campaigns",
        columns=stamped(
            {
                "campaign_id": "id",
                "campaign_name": "trim(name)",
                "channel": "lower(trim(type))",
                "status": "lower(trim(status))",
                "start_date": "startdate",
                "end_date": "enddate",
                "expected_revenue": "expectedrevenue",
                "budgeted_cost": "budgetedcost",
                "actual_cost": "actualcost",
                "owner_id": "ownerid",
                "external_id": "external_id__c",
            }
        ),
        key=("campaign_id",),
        newest_by="modified_at",
        deleted="isdeleted = 'true'",
        rules={
            "campaign_id_shaped": SALESFORCE_ID.format("campaign_id"),
            "budgeted_cost_not_negative": "budgeted_cost < 0",
            "actual_cost_not_negative": "actual_cost < 0",
        },
    ),
    "campaign_members": Image(
        source="salesforce__campaign_members",
        columns=stamped(
            {
                "member_id": "id",
                "campaign_id": "campaignid",
                "lead_id": "leadid",
                "contact_id": "contactid",
                "status": "lower(trim(status))",
                "has_responded": "hasresponded",
                "first_responded_date": "firstrespondeddate",
                "added_date": "added_date__c",
                "lead_source": "leadsource",
            }
        ),
        key=("member_id",),
        newest_by="modified_at",
        deleted="isdeleted = 'true'",
        rules={
            "member_id_shaped": SALESFORCE_ID.format("member_id"),
            "is_somebody": "lead_id IS NULL AND contact_id IS NULL",
        },
        parents={
            "campaign_id": ("campaigns", "campaign_id"),
            "lead_id": ("leads", "lead_id"),
            "contact_id": ("salesforce_contacts", "contact_id"),
        },
    ),
    "cases": Image(
        source="salesforce__cases",
        columns=stamped(
            {
                "case_id": "id",
                "case_number": "casenumber",
                "contact_id": "contactid",
                "account_id": "accountid",
                "case_kind": "trim(type)",
                "status": "lower(trim(status))",
                "priority": "lower(trim(priority))",
                "is_closed": "isclosed",
                "opened_date": "createddate__c",
                "closed_date": "closedate__c",
                "closed_at": moment("closeddate"),
                "owner_id": "ownerid",
                "external_id": "external_id__c",
            }
        ),
        key=("case_id",),
        newest_by="modified_at",
        deleted="isdeleted = 'true'",
        rules={"case_id_shaped": SALESFORCE_ID.format("case_id")},
        parents={
            "contact_id": ("salesforce_contacts", "contact_id"),
            "account_id": ("salesforce_accounts", "account_id"),
        },
    ),
    "tasks": Image(
        source="salesforce__tasks",
        columns=stamped(
            {
                "task_id": "id",
                "who_id": "whoid",
                "account_id": "accountid",
                "task_kind": "lower(trim(type__c))",
                "status": "lower(trim(status))",
                "priority": "lower(trim(priority))",
                "due_date": "activitydate",
                "is_closed": "isclosed",
                "owner_id": "ownerid",
                "external_id": "external_id__c",
            }
        ),
        key=("task_id",),
        newest_by="modified_at",
        deleted="isdeleted = 'true'",
        rules={"task_id_shaped": SALESFORCE_ID.format("task_id")},
    ),
    "opportunity_history": Image(
        source="salesforce__opportunity_history",
        columns={
            "step_id": "id",
            "opportunity_id": "opportunityid",
            "stage": "stagename",
            "amount": "amount",
            "probability_pct": "probability",
            "close_date": "closedate",
            "forecast_category": "forecastcategory",
            "changed_at": moment("createddate"),
            "modified_at": moment("systemmodstamp"),
        },
        key=("step_id",),
        newest_by="modified_at",
        deleted="isdeleted = 'true'",
        rules={
            "step_id_shaped": SALESFORCE_ID.format("step_id"),
            "probability_is_a_percentage": "probability_pct < 0 OR probability_pct > 100",
        },
        parents={"opportunity_id": ("salesforce_opportunities", "opportunity_id")},
    ),
}
