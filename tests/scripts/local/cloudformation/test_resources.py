import json

import pytest

from scripts.local.clients import client
from scripts.local.cloudformation import known_types
from shared.events import CLUSTER_BROKERS, DECLARED_ACCESS

ALLOW = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
TRUST = {"Version": "2012-10-17", "Statement": [ALLOW]}
READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
TAGS = [{"Key": "owner", "Value": "data"}]
DEFINITION = '{"StartAt": "End", "States": {"End": {"Type": "Succeed", "Comment": "${lake}"}}}'
MACHINE = {"RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}, "DefinitionString": DEFINITION}
FUNCTION = {"Code": {"ZipFile": "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="}, "Handler": "a.b", "Runtime": "python3.13"}
ENCRYPTION = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}
LIFECYCLE = {
    "Id": "old",
    "Status": "Enabled",
    "NoncurrentVersionExpiration": {"NoncurrentDays": 7},
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
}
WINDOW = {"FlexibleTimeWindow": {"Mode": "OFF"}, "ScheduleExpression": "cron(0 4 * * ? *)"}
ALARM = {"Namespace": "AWS/States", "MetricName": "ExecutionsFailed", "Statistic": "Sum", "Period": 300}
PRINCIPAL = {"DataLakePrincipalIdentifier": {"Fn::GetAtt": ["Role", "Arn"]}}
DATABASE = {"Database": {"CatalogId": "123456789012", "Name": {"Ref": "Database"}}}
EVERYWHERE = {"CidrIp": "0.0.0.0/0", "IpProtocol": "-1", "Description": "all"}
DASHBOARD = json.dumps({"widgets": []})

# type: (first properties, what a later template changes in them)
RESOURCES = {
    "AWS::ApiGatewayV2::Api": (
        {"Name": "rows", "ProtocolType": "HTTP", "Tags": {"owner": "data"}},
        {"Description": "one by one", "DisableExecuteApiEndpoint": True},
    ),
    "AWS::ApiGatewayV2::Integration": (
        {
            "ApiId": {"Ref": "Api"},
            "IntegrationType": "AWS_PROXY",
            "IntegrationUri": {"Fn::GetAtt": ["Function", "Arn"]},
            "PayloadFormatVersion": "1.0",
        },
        {"PayloadFormatVersion": "2.0"},
    ),
    "AWS::ApiGatewayV2::Route": (
        {
            "ApiId": {"Ref": "Api"},
            "AuthorizationType": "AWS_IAM",
            "RouteKey": "GET /{proxy+}",
            "Target": {"Fn::Sub": "integrations/${Integration}"},
        },
        {"RouteKey": "GET /rows/{proxy+}"},
    ),
    "AWS::ApiGatewayV2::Stage": (
        {
            "ApiId": {"Ref": "Api"},
            "StageName": "$default",
            "AutoDeploy": True,
            "DefaultRouteSettings": {"ThrottlingBurstLimit": 2, "ThrottlingRateLimit": 1},
            "AccessLogSettings": {
                "DestinationArn": {"Fn::GetAtt": ["LogGroup", "Arn"]},
                "Format": "$context.requestId",
            },
            "Tags": {"owner": "data"},
        },
        {"DefaultRouteSettings": {"ThrottlingBurstLimit": 20, "ThrottlingRateLimit": 10}},
    ),
    "AWS::Athena::WorkGroup": (
        {"Name": "readers", "WorkGroupConfiguration": {"EnforceWorkGroupConfiguration": True}},
        {"Description": "for those who read"},
    ),
    "AWS::CDK::Metadata": ({"Analytics": "v2"}, {"Analytics": "v3"}),
    "AWS::CloudWatch::Alarm": (
        {**ALARM, "Threshold": 1, "EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanThreshold"},
        {"Threshold": 2.5, "AlarmDescription": "two of them"},
    ),
    "AWS::CloudWatch::Dashboard": ({"DashboardName": "lake", "DashboardBody": DASHBOARD}, {"DashboardBody": DASHBOARD}),
    "AWS::DynamoDB::Table": (
        {
            "KeySchema": [{"AttributeName": "table", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "table", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
            "SSESpecification": {"SSEEnabled": True},
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        },
        {"TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True}},
    ),
    "AWS::EC2::EIP": ({"Domain": "vpc", "Tags": TAGS}, {}),
    "AWS::EC2::FlowLog": (
        {
            "ResourceId": {"Ref": "VPC"},
            "ResourceType": "VPC",
            "TrafficType": "ALL",
            "LogDestinationType": "cloud-watch-logs",
            "LogGroupName": {"Ref": "LogGroup"},
            "DeliverLogsPermissionArn": {"Fn::GetAtt": ["Role", "Arn"]},
        },
        {},
    ),
    "AWS::EC2::InternetGateway": ({"Tags": TAGS}, {}),
    "AWS::EC2::NatGateway": (
        {"AllocationId": {"Fn::GetAtt": ["EIP", "AllocationId"]}, "SubnetId": {"Ref": "Subnet"}, "Tags": TAGS},
        {},
    ),
    "AWS::EC2::Route": (
        {
            "RouteTableId": {"Ref": "RouteTable"},
            "DestinationCidrBlock": "0.0.0.0/0",
            "NatGatewayId": {"Ref": "NatGateway"},
        },
        {},
    ),
    "AWS::EC2::RouteTable": ({"VpcId": {"Ref": "VPC"}, "Tags": TAGS}, {}),
    "AWS::EC2::SecurityGroup": (
        {"GroupDescription": "jobs", "VpcId": {"Ref": "VPC"}, "SecurityGroupEgress": [EVERYWHERE]},
        {},
    ),
    "AWS::EC2::SecurityGroupIngress": (
        {
            "GroupId": {"Fn::GetAtt": ["SecurityGroup", "GroupId"]},
            "SourceSecurityGroupId": {"Fn::GetAtt": ["SecurityGroup", "GroupId"]},
            "IpProtocol": "tcp",
            "FromPort": 443,
            "ToPort": 443,
        },
        {"ToPort": 444},
    ),
    "AWS::EC2::Subnet": (
        {"VpcId": {"Ref": "VPC"}, "CidrBlock": "10.0.0.0/24", "MapPublicIpOnLaunch": False, "Tags": TAGS},
        {"MapPublicIpOnLaunch": True},
    ),
    "AWS::EC2::SubnetRouteTableAssociation": (
        {"RouteTableId": {"Ref": "RouteTable"}, "SubnetId": {"Ref": "Subnet"}},
        {},
    ),
    "AWS::EC2::VPC": (
        {"CidrBlock": "10.0.0.0/16", "EnableDnsSupport": True, "EnableDnsHostnames": False, "Tags": TAGS},
        {"EnableDnsHostnames": True},
    ),
    "AWS::EC2::VPCEndpoint": (
        {
            "VpcId": {"Ref": "VPC"},
            "VpcEndpointType": "Interface",
            "ServiceName": "com.amazonaws.us-east-1.kms",
            "PrivateDnsEnabled": True,
            "SubnetIds": [{"Ref": "Subnet"}],
            "SecurityGroupIds": [{"Fn::GetAtt": ["SecurityGroup", "GroupId"]}],
        },
        {},
    ),
    "AWS::EC2::VPCGatewayAttachment": ({"InternetGatewayId": {"Ref": "InternetGateway"}, "VpcId": {"Ref": "VPC"}}, {}),
    "AWS::ECR::Repository": ({"ImageTagMutability": "IMMUTABLE"}, {"ImageTagMutability": "MUTABLE"}),
    "AWS::EMRServerless::Application": (
        {
            "Name": "batch",
            "ReleaseLabel": "emr-spark-8.1.0",
            "Type": "Spark",
            "Architecture": "ARM64",
            "InitialCapacity": [{"Key": "Driver", "Value": {"WorkerCount": 1}}],
            "MaximumCapacity": {"Cpu": "16 vCPU", "Memory": "64 GB"},
            "MonitoringConfiguration": {
                "CloudWatchLoggingConfiguration": {
                    "Enabled": True,
                    "LogTypeMap": [{"Key": "SPARK_DRIVER", "Value": ["STDERR"]}],
                },
            },
            "Tags": TAGS,
        },
        {"MaximumCapacity": {"Cpu": "32 vCPU", "Memory": "128 GB"}},
    ),
    "AWS::Events::Rule": (
        {"EventPattern": {"source": ["aws.s3"]}, "Targets": [{"Id": "queue", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}}]},
        {"State": "DISABLED"},
    ),
    "AWS::Glue::Database": (
        {"CatalogId": "1", "DatabaseInput": {"Name": "gold", "LocationUri": "s3://lake/gold"}},
        {"DatabaseInput": {"Name": "gold", "Description": "what people read"}},
    ),
    "AWS::Glue::Table": (
        {
            "CatalogId": "1",
            "DatabaseName": {"Ref": "Database"},
            "TableInput": {
                "Name": "sales_fact",
                "TableType": "EXTERNAL_TABLE",
                "Parameters": {"table_type": "DELTA"},
                "StorageDescriptor": {"Location": "s3://lake/gold", "Columns": [{"Name": "id", "Type": "bigint"}]},
            },
        },
        {"TableInput": {"Name": "sales_fact", "Description": "one row an order line"}},
    ),
    "AWS::IAM::ManagedPolicy": (
        {"PolicyDocument": READ, "Roles": [{"Ref": "Role"}]},
        {"Description": "reads"},
    ),
    "AWS::IAM::OIDCProvider": (
        {"Url": "https://token.actions.githubusercontent.com", "ClientIdList": ["sts.amazonaws.com"]},
        {},
    ),
    "AWS::IAM::Policy": ({"PolicyName": "read", "PolicyDocument": READ, "Roles": [{"Ref": "Role"}]}, {}),
    "AWS::IAM::Role": (
        {
            "AssumeRolePolicyDocument": TRUST,
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"],
            "Policies": [{"PolicyName": "own", "PolicyDocument": READ}],
            "Tags": TAGS,
        },
        {"Policies": [{"PolicyName": "another", "PolicyDocument": READ}]},
    ),
    "AWS::KMS::Alias": ({"AliasName": "alias/lake", "TargetKeyId": {"Fn::GetAtt": ["Key", "Arn"]}}, {}),
    "AWS::KMS::Key": (
        {"EnableKeyRotation": True, "KeyPolicy": {"Version": "2012-10-17", "Statement": []}, "Tags": TAGS},
        {"Description": "the lake's"},
    ),
    "AWS::LakeFormation::DataLakeSettings": (
        {"Admins": [PRINCIPAL], "MutationType": "APPEND"},
        {"CreateDatabaseDefaultPermissions": []},
    ),
    "AWS::LakeFormation::PrincipalPermissions": (
        {"Principal": PRINCIPAL, "Resource": DATABASE, "Permissions": ["DESCRIBE"], "PermissionsWithGrantOption": []},
        {},
    ),
    "AWS::LakeFormation::Resource": (
        {"ResourceArn": {"Fn::GetAtt": ["Bucket", "Arn"]}, "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}},
        {},
    ),
    "AWS::LakeFormation::Tag": ({"TagKey": "pii", "TagValues": ["none"]}, {"TagValues": ["none", "personal"]}),
    "AWS::LakeFormation::TagAssociation": (
        {"Resource": DATABASE, "LFTags": [{"TagKey": {"Ref": "Tag"}, "TagValues": ["none"]}]},
        {},
    ),
    "AWS::Lambda::EventInvokeConfig": (
        {"FunctionName": {"Ref": "Function"}, "Qualifier": "$LATEST", "MaximumRetryAttempts": 1},
        {"MaximumRetryAttempts": 0},
    ),
    "AWS::Lambda::EventSourceMapping": (
        {
            "FunctionName": {"Ref": "Function"},
            "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
            "BatchSize": 100,
            "MaximumBatchingWindowInSeconds": 20,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "ScalingConfig": {"MaximumConcurrency": 2},
        },
        {"BatchSize": 10},
    ),
    "AWS::Lambda::Function": (
        {
            **FUNCTION,
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Timeout": 30,
            "Environment": {"Variables": {"LAKEWRIGHT_ENV": "local"}},
            "Layers": ["arn:aws:lambda:us-east-1:1:layer:powertools:1"],
            "ReservedConcurrentExecutions": 2,
        },
        {"Timeout": 60},
    ),
    "AWS::Lambda::Permission": (
        {"FunctionName": {"Ref": "Function"}, "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"},
        {"SourceAccount": "123456789012"},
    ),
    "AWS::Logs::LogGroup": ({"RetentionInDays": 30}, {"RetentionInDays": 365}),
    "AWS::Logs::ResourcePolicy": ({"PolicyName": "write", "PolicyDocument": "{}"}, {"PolicyDocument": "{ }"}),
    "AWS::MSK::ServerlessCluster": (
        {
            "ClusterName": "shop",
            "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}},
            "VpcConfigs": [
                {
                    "SubnetIds": [{"Ref": "Subnet"}],
                    "SecurityGroups": [{"Fn::GetAtt": ["SecurityGroup", "GroupId"]}],
                }
            ],
            "Tags": {"owner": "data"},
        },
        {},
    ),
    "AWS::S3::Bucket": (
        {
            "BucketEncryption": {"ServerSideEncryptionConfiguration": [ENCRYPTION]},
            "LifecycleConfiguration": {"Rules": [LIFECYCLE]},
            "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            "PublicAccessBlockConfiguration": {"BlockPublicAcls": True, "BlockPublicPolicy": True},
            "Tags": TAGS,
        },
        {"VersioningConfiguration": {"Status": "Enabled"}},
    ),
    "AWS::S3::BucketPolicy": ({"Bucket": {"Ref": "Bucket"}, "PolicyDocument": READ}, {"PolicyDocument": TRUST}),
    "AWS::SNS::Subscription": (
        {"TopicArn": {"Ref": "Topic"}, "Protocol": "sqs", "Endpoint": {"Fn::GetAtt": ["Queue", "Arn"]}},
        {"RawMessageDelivery": True},
    ),
    "AWS::SNS::Topic": ({"TopicName": "alarms", "KmsMasterKeyId": {"Ref": "Key"}}, {"DisplayName": "Alarms"}),
    "AWS::SNS::TopicPolicy": ({"Topics": [{"Ref": "Topic"}], "PolicyDocument": READ}, {"PolicyDocument": TRUST}),
    "AWS::SQS::Queue": (
        {"MessageRetentionPeriod": 1209600, "SqsManagedSseEnabled": True},
        {"VisibilityTimeout": 60},
    ),
    "AWS::SQS::QueuePolicy": ({"Queues": [{"Ref": "Queue"}], "PolicyDocument": READ}, {"PolicyDocument": TRUST}),
    "AWS::SSM::Parameter": (
        {"Name": "/lakewright/local/lake_root", "Type": "String", "Value": "s3://one", "Tags": {"owner": "data"}},
        {"Value": "s3://two"},
    ),
    "AWS::Scheduler::Schedule": (
        {
            **WINDOW,
            "GroupName": {"Ref": "ScheduleGroup"},
            "Target": {"Arn": {"Ref": "StateMachine"}, "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}, "Input": "{}"},
        },
        {"State": "DISABLED"},
    ),
    "AWS::Scheduler::ScheduleGroup": ({"Name": "lake"}, {}),
    "AWS::SecretsManager::ResourcePolicy": (
        {"SecretId": {"Ref": "Secret"}, "ResourcePolicy": READ},
        {"BlockPublicPolicy": True},
    ),
    "AWS::SecretsManager::Secret": (
        {"GenerateSecretString": {"SecretStringTemplate": '{"user": "etl"}', "GenerateStringKey": "password"}},
        {"Description": "of the source"},
    ),
    "AWS::StepFunctions::StateMachine": (
        {**MACHINE, "StateMachineName": "daily", "DefinitionSubstitutions": {"lake": "one"}},
        {"DefinitionSubstitutions": {"lake": "two"}},
    ),
}
# Nested stacks and the functions behind custom resources are tested by a deploy of the whole app.
ELSEWHERE = {"AWS::CloudFormation::Stack", CLUSTER_BROKERS, DECLARED_ACCESS}


# Where the last word of the type is ambiguous.
NAMES = {
    "AWS::ApiGatewayV2::Route": "ApiRoute",
    "AWS::DynamoDB::Table": "Leases",
    "AWS::SecretsManager::ResourcePolicy": "SecretPolicy",
}


def template(*, changed):
    return {
        "Resources": {
            NAMES.get(kind, kind.rpartition("::")[2]): {
                "Type": kind,
                "Properties": properties | (changes if changed else {}),
            }
            for kind, (properties, changes) in RESOURCES.items()
        },
    }


@pytest.fixture(scope="module")
def stack(account):
    """A stack with one resource of every type, with its first properties."""
    body = json.dumps(template(changed=False))
    client("cloudformation").create_stack(StackName="all", TemplateBody=body)
    found = client("cloudformation").describe_stack_resources(StackName="all")["StackResources"]
    return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in found}


def test_every_known_type_is_tried_here():
    assert known_types() == sorted(set(RESOURCES) | ELSEWHERE)


def test_every_type_is_made(stack):
    assert sorted(template(changed=False)["Resources"]) == sorted(stack)


def test_what_was_made_does_its_work(stack):
    secret = json.loads(client("secretsmanager").get_secret_value(SecretId=stack["Secret"])["SecretString"])
    machine = client("stepfunctions").describe_state_machine(stateMachineArn=stack["StateMachine"])
    attached = client("iam").list_attached_role_policies(RoleName=stack["Role"])["AttachedPolicies"]
    application = client("emr-serverless").get_application(applicationId=stack["Application"])["application"]
    rules = client("s3").get_bucket_lifecycle_configuration(Bucket=stack["Bucket"])["Rules"]

    assert ("etl", 32) == (secret["user"], len(secret["password"]))
    assert '"Comment": "one"' in machine["definition"]
    assert "AWSLambdaBasicExecutionRole" in {policy["PolicyName"] for policy in attached}
    assert {"SPARK_DRIVER": ["STDERR"]} == (
        application["monitoringConfiguration"]["cloudWatchLoggingConfiguration"]["logTypes"]
    )
    assert 7 == rules[0]["NoncurrentVersionExpiration"]["NoncurrentDays"]


def test_value_of_a_tag_goes_once_nothing_carries_it(account):
    service, domain = client("lakeformation"), {"TagKey": "domain"}
    database = {"Database": {"Name": "sold"}}
    service.create_lf_tag(**domain, TagValues=["trade", "sales"])
    service.add_lf_tags_to_resource(Resource=database, LFTags=[{**domain, "TagValues": ["trade"]}])

    with pytest.raises(service.exceptions.InvalidInputException, match="Update not allowed"):
        service.update_lf_tag(**domain, TagValuesToDelete=["trade"])
    service.add_lf_tags_to_resource(Resource=database, LFTags=[{**domain, "TagValues": ["sales"]}])
    service.update_lf_tag(**domain, TagValuesToDelete=["trade"])

    assert ["sales"] == service.get_lf_tag(**domain)["TagValues"]


def test_every_type_can_be_changed_and_taken_away(stack):
    service = client("cloudformation")

    service.update_stack(StackName="all", TemplateBody=json.dumps(template(changed=True)))

    assert "s3://two" == client("ssm").get_parameter(Name=stack["Parameter"])["Parameter"]["Value"]
    machine = client("stepfunctions").describe_state_machine(stateMachineArn=stack["StateMachine"])
    assert '"Comment": "two"' in machine["definition"]
    assert "Enabled" == client("s3").get_bucket_versioning(Bucket=stack["Bucket"])["Status"]

    [route] = client("apigatewayv2").get_routes(ApiId=stack["Api"])["Items"]
    [stage] = client("apigatewayv2").get_stages(ApiId=stack["Api"])["Items"]
    assert ("GET /rows/{proxy+}", f"integrations/{stack['Integration']}") == (route["RouteKey"], route["Target"])
    assert 20 == stage["DefaultRouteSettings"]["ThrottlingBurstLimit"]
    assert ["none", "personal"] == client("lakeformation").get_lf_tag(TagKey="pii")["TagValues"]

    service.delete_stack(StackName="all")

    assert [] == client("apigatewayv2").get_apis()["Items"]
    assert [] == client("lakeformation").list_resources()["ResourceInfoList"]
    assert [] == client("stepfunctions").list_state_machines()["stateMachines"]
    assert stack["Bucket"] not in {bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]}
