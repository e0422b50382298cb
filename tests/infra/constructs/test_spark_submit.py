"""The parameters a job run is started with."""

import shlex
from itertools import pairwise

import pytest
from pydantic import ValidationError

from infra.constructs.spark_submit import spark_submit_parameters
from shared.config import load_environment
from shared.config.spark import Spark
from shared.jobs import Step
from shared.spark import DELTA_CONFS


def confs(spark):
    text = spark_submit_parameters(
        spark,
        jobs_url="s3://assets/j.zip",
        environment_url="s3://assets/e.tgz",
        jar_urls=["s3://assets/1.jar", "s3://assets/2.jar"],
        region="eu-west-1",
    )
    words = shlex.split(text)
    pairs = [value.partition("=") for word, value in pairwise(words) if word == "--conf"]
    assert 2 * len(pairs) == len(words), "every word is a --conf or its value"
    return {name: value for name, _, value in pairs}


@pytest.fixture
def given():
    return confs(load_environment("prod").spark)


def test_executors_are_capped_and_start_small(given):
    assert ("true", "2", "1", "1") == (
        given["spark.dynamicAllocation.enabled"],
        given["spark.dynamicAllocation.maxExecutors"],
        given["spark.dynamicAllocation.initialExecutors"],
        given["spark.executor.instances"],
    )


def test_code_and_packages_are_unpacked_where_driver_and_executors_look(given):
    python_path = "./code:./environment/lib/python3.11/site-packages"

    assert "s3://assets/j.zip#code,s3://assets/e.tgz#environment" == given["spark.archives"]
    assert python_path == given["spark.emr-serverless.driverEnv.PYTHONPATH"]
    assert python_path == given["spark.executorEnv.PYTHONPATH"]


def test_delta_is_on_and_no_metastore(given):
    assert DELTA_CONFS == {name: given[name] for name in DELTA_CONFS}
    assert "delta-spark.jar,/usr/share/aws/delta/lib/delta-storage.jar" in given["spark.jars"]


def test_jars_the_image_lacks_come_from_the_assets_and_none_from_a_repository(given):
    assert ["s3://assets/1.jar", "s3://assets/2.jar"] == given["spark.jars"].split(",")[2:]
    assert {"spark.jars.packages", "spark.jars.repositories"}.isdisjoint(given)


def test_master_is_left_to_emr(given):
    assert "spark.master" not in given


def test_a_step_has_its_own_workers_and_the_common_settings_otherwise():
    spark = Spark.model_validate(
        {
            "steps": {"build": {"executor": {"cores": 8, "memory_gb": 30}, "max_executors": 4}},
            "maximum_vcpu": 64,
            "maximum_memory_gb": 256,
        }
    )

    def sizes(step):
        given = confs(spark.of(step))
        names = ("driver.cores", "executor.cores", "executor.memory", "dynamicAllocation.maxExecutors")
        return [given[f"spark.{name}"] for name in names]

    assert ["4", "8", "30g", "4"] == sizes(Step.BUILD)
    assert ["4", "4", "14g", "2"] == sizes(Step.INGEST) == sizes(None)


def test_a_disk_is_a_standard_one_as_long_as_there_is_one_of_its_size():
    spark = Spark.model_validate(
        {
            "driver": {"disk_gb": 200},
            "steps": {"refine": {"driver": {"disk_gb": 20}, "executor": {"disk_gb": 201}}},
        }
    )
    name = "spark.emr-serverless"

    def disks(step):
        return {key: value for key, value in confs(spark.of(step)).items() if ".disk" in key}

    assert {f"{name}.driver.disk": "200G", f"{name}.executor.disk": "20G"} == disks(None)
    assert {
        f"{name}.driver.disk": "20G",
        f"{name}.executor.disk": "201G",
        f"{name}.executor.disk.type": "shuffle_optimized",
    } == disks(Step.REFINE)


@pytest.mark.parametrize(
    "spark, said",
    [
        pytest.param({"driver": {"cores": 3}}, "1, 2, 4, 8, 16 vCPUs, and not 3", id="no such worker"),
        pytest.param({"executor": {"memory_gb": 30}}, "8 to 30 GB, and 30 GB with Spark's tenth", id="above the grid"),
        pytest.param({"executor": {"memory_gb": 4}}, "8 to 30 GB", id="below the grid"),
        pytest.param({"executor": {"disk_gb": 19}}, "executor.disk_gb", id="less disk than every worker has"),
        pytest.param({"executor": {"disk_gb": 2001}}, "executor.disk_gb", id="more disk than there is"),
        pytest.param({"max_executors": 4}, "of full size takes 20 vCPUs and 80 GB", id="too many"),
        pytest.param({"steps": {"refine": {"max_executors": 9}}}, "of refine takes 40 vCPUs", id="too many in a step"),
        pytest.param({"steps": {"smoke": {}}}, "smoke is no step of a run: one of ingest", id="not of a run"),
        pytest.param({"steps": {"polish": {}}}, "polish is no step of a run: one of ingest", id="no step at all"),
    ],
)
def test_sizes_that_emr_would_not_give_are_refused_with_what_fits(spark, said):
    with pytest.raises(ValidationError, match=said):
        Spark.model_validate(spark)
